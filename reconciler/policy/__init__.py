"""Policy documents, API Management's almost-XML, as text: split, compared, edited and made."""

"""Azure Monitor's Log Analytics: the gateway log of the services that send it there, asked in a part of Kusto."""

"""The rules of each type of resource: what a PUT may say, what the server adds and drops, what a delete takes along."""

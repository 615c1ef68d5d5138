"""GraphQL: the schema, how it is read, and how it is spoken over HTTP.

types/       what can be shown, one file per noun: a field is one line there
queries.py   the root fields that find things
mutations/   the verbs, one file per noun: an input, a payload, and a line that names the use case
declare/     the words all these are written in, and `binding`, which checks them at start
reading/     from what an operation asks for to Selections, loaders and pages
execution/   limits, price, validation, execution and errors of one request
transport/   HTTP in and out, and GraphiQL
"""

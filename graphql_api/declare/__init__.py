"""The words in which the schema is declared: types, fields, inputs, mutations, errors, access."""

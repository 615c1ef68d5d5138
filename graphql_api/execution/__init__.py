"""From a document to an answer: limits, validation, price, execution, errors."""

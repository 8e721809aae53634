"""The operators: a submit and an append for each way of handing a conversation to Symbl."""

"""Every call of Symbl's API and of the control routes, one module for each resource."""

"""Reference solutions: plain files that speak the contract and import nothing of the house."""

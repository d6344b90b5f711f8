"""The folder of a kept model, in the conventions of the Hugging Face hub."""

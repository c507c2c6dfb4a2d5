"""The Keras code of a package: the model, and how it is trained."""

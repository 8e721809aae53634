"""The API as data: operations, their OpenAPI document, and the validation of what comes in."""

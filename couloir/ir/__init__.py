"""The core: types, attributes, operations, rules, passes and their text. It knows no dialect and no framework."""

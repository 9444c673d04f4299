package machine

// kinds are the words that people know the kinds of values by, where they have
// written them.
type kinds struct {
	text, number string // what is wanted
	of           func(value any) string
}

var kindsOfFile = kinds{"a string", "an integer", func(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	case map[string]any:
		return "a table"
	}
	return "a date or a time"
}}

var kindsOfRegistry = kinds{"REG_SZ", "REG_DWORD", func(value any) string {
	switch value := value.(type) {
	case string:
		return "REG_SZ"
	case int64:
		return "REG_DWORD"
	case Kind:
		return string(value)
	}
	return "of another type"
}}

// A Kind stands for a value in the registry of a type that no policy has, such as
// "REG_BINARY".
type Kind string

package machine

import (
	"testing"

	"golang.org/x/sys/windows/registry"
)

// TestReadValue reads what stands in a real registry.
func TestReadValue(t *testing.T) {
	const path = `SOFTWARE\SealringTestOfPolicies`
	key, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.SET_VALUE|registry.QUERY_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		key.Close()
		if err := registry.DeleteKey(registry.CURRENT_USER, path); err != nil {
			t.Error(err)
		}
	})
	for _, tt := range []struct {
		name string
		set  func(name string) error
		want any
	}{
		{"a text", func(name string) error { return key.SetStringValue(name, "CNG-CBC") }, "CNG-CBC"},
		{"a text with variables", func(name string) error { return key.SetExpandStringValue(name, "CNG-GCM") }, "CNG-GCM"},
		{"a number", func(name string) error { return key.SetDWordValue(name, 90) }, int64(90)},
		{"a large number", func(name string) error { return key.SetQWordValue(name, 90) }, int64(90)},
		{"bytes", func(name string) error { return key.SetBinaryValue(name, []byte{90}) }, Kind("REG_BINARY")},
		{"texts", func(name string) error { return key.SetStringsValue(name, []string{"a", "b"}) }, Kind("REG_MULTI_SZ")},
	} {
		if err := tt.set(tt.name); err != nil {
			t.Fatal(err)
		}
		if got, err := readValue(key, tt.name); got != tt.want || err != nil {
			t.Errorf("%s: got %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

package dataprotection_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
)

func TestKeyID(t *testing.T) {
	want := dataprotection.KeyID{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	for _, s := range []string{idD, strings.ToUpper(idD), "00112233-4455-6677-8899-AAbbCCddEEff"} {
		if got, err := dataprotection.ParseKeyID(s); err != nil || got != want || got.String() != idD {
			t.Errorf("ParseKeyID(%q) = %v, %v; want %s", s, got, err, idD)
		}
	}
	for _, s := range []string{
		"", "00112233445566778899aabbccddeeff", "{" + idD + "}", " " + idD, idD + " ", idD[:35], idD + "0",
		"0011223-34455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg", "00112233-4455-6677-8899-aabbccddee-f",
	} {
		if got, err := dataprotection.ParseKeyID(s); err == nil || got != (dataprotection.KeyID{}) {
			t.Errorf("ParseKeyID(%q) = %v, %v; want an error", s, got, err)
		}
	}
}

func TestKeyIDInJSON(t *testing.T) {
	id := parseID(t, idA)
	data, err := json.Marshal(map[dataprotection.KeyID]dataprotection.KeyID{id: id})
	if want := `{"` + idA + `":"` + idA + `"}`; err != nil || string(data) != want {
		t.Fatalf("%s, %v; want %s", data, err, want)
	}
	var back map[dataprotection.KeyID]dataprotection.KeyID
	if err := json.Unmarshal(data, &back); err != nil || back[id] != id {
		t.Errorf("%v, %v", back, err)
	}
	kept := id
	if err := kept.UnmarshalText([]byte("no id")); err == nil || kept != id {
		t.Errorf("UnmarshalText = %v, and the id is %v", err, kept)
	}
}

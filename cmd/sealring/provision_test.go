package main

import (
	"strings"
	"testing"
)

const iis = `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <system.applicationHost>
    <applicationPools>
      <add name="DefaultAppPool" />
      <add name="Shop"><processModel identityType="SpecificUser" userName="CORP\shop" password="[enc:AesProvider:x:enc]" /></add>
      <add name="Net"><processModel identityType="NetworkService" /></add>
      <add name="Local"><processModel identityType="LocalService" /></add>
      <add name="System"><processModel identityType="LocalSystem" /></add>
      <add name="Pool"><processModel identityType="ApplicationPoolIdentity" /></add>
      <add name="Nameless"><processModel identityType="SpecificUser" /></add>
      <applicationPoolDefaults><processModel identityType="%DEFAULT%" /></applicationPoolDefaults>
    </applicationPools>
  </system.applicationHost>
</configuration>`

func TestAccountOfPool(t *testing.T) {
	tests := []struct{ pool, byDefault, want, wrong string }{
		{"DefaultAppPool", "ApplicationPoolIdentity", `IIS APPPOOL\DefaultAppPool`, ""},
		{"defaultapppool", "ApplicationPoolIdentity", `IIS APPPOOL\DefaultAppPool`, ""},
		{"DefaultAppPool", "NetworkService", `NT AUTHORITY\NetworkService`, ""},
		{"DefaultAppPool", "", `IIS APPPOOL\DefaultAppPool`, ""},
		{"Shop", "", `CORP\shop`, ""},
		{"Net", "", `NT AUTHORITY\NetworkService`, ""},
		{"Local", "", `NT AUTHORITY\LocalService`, ""},
		{"System", "", `NT AUTHORITY\SYSTEM`, ""},
		{"Pool", "NetworkService", `IIS APPPOOL\Pool`, ""},
		{"Nameless", "", "", "names no account"},
		{"Other", "", "", "it has: DefaultAppPool, Shop"},
	}
	for _, tt := range tests {
		got, err := accountOfPool([]byte(strings.Replace(iis, "%DEFAULT%", tt.byDefault, 1)), tt.pool)
		if got != tt.want || (err == nil) != (tt.wrong == "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("pool %s with default %q: got %q, %v; want %q, %q", tt.pool, tt.byDefault, got, err, tt.want, tt.wrong)
		}
	}
	if _, err := accountOfPool([]byte("<configuration>"), "Shop"); err == nil {
		t.Error("a configuration that is cut is read")
	}
}

func TestAccountDescriptor(t *testing.T) {
	want := "D:P(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)(A;OICI;GA;;;S-1-5-82-1)"
	if got := accountDescriptor("S-1-5-82-1"); got != want {
		t.Errorf("the descriptor is %s, want %s", got, want)
	}
}

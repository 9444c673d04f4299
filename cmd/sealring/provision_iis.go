package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// accountDescriptor gives an account, SYSTEM and the administrators everything,
// inherited below, and takes nothing from above: what ASP.NET Core's provisioning
// script asks for (docs/windows.md, Provisioning).
func accountDescriptor(sid string) string {
	return "D:P(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)(A;OICI;GA;;;" + sid + ")"
}

// A processModel says as whom a pool runs.
type processModel struct {
	Identity string `xml:"identityType,attr"`
	User     string `xml:"userName,attr"`
}

// accountOfPool finds the account that an application pool runs as in the
// configuration of IIS. What a pool does not say, the defaults for all pools do,
// and at last IIS: the identity of the pool.
func accountOfPool(config []byte, pool string) (string, error) {
	var x struct {
		Pools struct {
			Defaults struct {
				Model processModel `xml:"processModel"`
			} `xml:"applicationPoolDefaults"`
			Pools []struct {
				Name  string       `xml:"name,attr"`
				Model processModel `xml:"processModel"`
			} `xml:"add"`
		} `xml:"system.applicationHost>applicationPools"`
	}
	if err := xml.Unmarshal(config, &x); err != nil {
		return "", fmt.Errorf("the configuration of IIS cannot be read: %w", err)
	}
	var known []string
	for _, p := range x.Pools.Pools {
		if !strings.EqualFold(p.Name, pool) {
			known = append(known, p.Name)
			continue
		}
		model := p.Model
		if model.Identity == "" {
			model = x.Pools.Defaults.Model
		}
		return model.account(p.Name)
	}
	return "", fmt.Errorf("IIS has no application pool %q; it has: %s", pool, strings.Join(known, ", "))
}

func (m processModel) account(pool string) (string, error) {
	switch m.Identity {
	case "", "ApplicationPoolIdentity":
		return `IIS APPPOOL\` + pool, nil
	case "LocalService":
		return `NT AUTHORITY\LocalService`, nil
	case "NetworkService":
		return `NT AUTHORITY\NetworkService`, nil
	case "LocalSystem":
		return `NT AUTHORITY\SYSTEM`, nil
	case "SpecificUser":
		if m.User != "" {
			return m.User, nil
		}
	}
	return "", fmt.Errorf("application pool %s: its identity %q names no account", pool, m.Identity)
}

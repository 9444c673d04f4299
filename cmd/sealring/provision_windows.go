package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v3"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/sealring/sealring/dataprotection/registrystore"
)

// whoMay says who may do what was denied.
func whoMay() string { return "run it as Administrator" }

func systemProvisionCommands() []*cli.Command {
	flags := func() []cli.Flag {
		return []cli.Flag{
			&cli.BoolFlag{Name: "remove", Usage: "remove the registry keys, with all keys of the ring in them; everybody is logged out"},
			yesFlag(),
		}
	}
	return []*cli.Command{
		{
			Name: "apppool", Usage: "give an IIS application pool a place in the registry for its keys", ArgsUsage: "POOL",
			Flags: append(flags(), &cli.StringFlag{Name: "iis-config", Usage: "IIS's applicationHost.config, if it is not in its usual place"}),
			Action: func(ctx context.Context, c *cli.Command) error {
				if c.Args().Len() != 1 {
					return usagef("provision apppool wants the name of one pool")
				}
				account, err := poolAccount(c.String("iis-config"), c.Args().First())
				if err != nil {
					return err
				}
				return provisionAccount(ctx, c, account)
			},
		},
		{
			Name: "account", Usage: "give an account a place in the registry for its keys", ArgsUsage: `DOMAIN\NAME`,
			Flags: flags(),
			Action: func(ctx context.Context, c *cli.Command) error {
				if c.Args().Len() != 1 {
					return usagef("provision account wants the name of one account")
				}
				return provisionAccount(ctx, c, c.Args().First())
			},
		},
	}
}

// poolAccount reads the account of a pool from the configuration of IIS.
func poolAccount(file, pool string) (string, error) {
	if file == "" {
		file = os.ExpandEnv(`${SystemRoot}\System32\inetsrv\config\applicationHost.config`)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the configuration of IIS (--iis-config): %w", err)
	}
	return accountOfPool(data, pool)
}

// views are the two registries, that of programs of 32 and of 64 bits.
var views = []struct {
	name string
	flag uint32
}{{"32 bits", registry.WOW64_32KEY}, {"64 bits", registry.WOW64_64KEY}}

func provisionAccount(ctx context.Context, c *cli.Command, account string) error {
	sid, _, _, err := windows.LookupSID("", account)
	if err != nil {
		return fmt.Errorf("the account %s cannot be found: %w", account, err)
	}
	path := strings.TrimPrefix(registrystore.AutoGenKeysPath(sid.String()), `HKLM\`)
	remove := c.Bool("remove")
	if remove && !c.Bool("what-if") {
		if err := confirm(ctx, c, fmt.Sprintf("Remove the registry keys of %s with all keys of the ring in them? Everybody is logged out.", account)); err != nil {
			return err
		}
	}
	p := plan{{fmt.Sprintf("for the account %s, which is %s:", account, sid), func() error { return nil }}}
	for _, view := range views {
		if remove {
			p = append(p, task{fmt.Sprintf(`remove HKLM\%s for programs of %s`, path, view.name), func() error { return removeRegistryKey(path, view.flag) }})
			continue
		}
		descriptor := accountDescriptor(sid.String())
		p = append(p, task{fmt.Sprintf(`create HKLM\%s for programs of %s, with the permissions %s`, path, view.name, descriptor), func() error {
			return createRegistryKey(path, view.flag, descriptor)
		}})
	}
	return p.carryOut(ctx, c)
}

// createRegistryKey creates a key and sets its permissions, also if it was there.
func createRegistryKey(path string, view uint32, descriptor string) error {
	d, err := windows.SecurityDescriptorFromString(descriptor)
	if err != nil {
		return err
	}
	list, _, err := d.DACL()
	if err != nil {
		return err
	}
	k, _, err := registry.CreateKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|windows.WRITE_DAC|windows.READ_CONTROL|view)
	if err != nil {
		return err
	}
	defer k.Close()
	return windows.SetSecurityInfo(windows.Handle(k), windows.SE_REGISTRY_KEY,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
}

// removeRegistryKey removes the key of an account and the one of its ring.
func removeRegistryKey(path string, view uint32) error {
	parent, name := path[:strings.LastIndexByte(path, '\\')], path[strings.LastIndexByte(path, '\\')+1:]
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, parent, registry.ENUMERATE_SUB_KEYS|view)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer k.Close()
	for _, key := range []string{name + `\DataProtection`, name} {
		if err := registry.DeleteKey(k, key); err != nil && !errors.Is(err, registry.ErrNotExist) {
			return err
		}
	}
	return nil
}

// An ownership of a directory is a matter of its access control list here.
type ownership struct{ sid string }

func directoryOwner(name string) (ownership, error) {
	if name == "" {
		user, err := windows.GetCurrentProcessToken().GetTokenUser()
		if err != nil {
			return ownership{}, err
		}
		return ownership{user.User.Sid.String()}, nil
	}
	sid, _, _, err := windows.LookupSID("", name)
	if err != nil {
		return ownership{}, fmt.Errorf("the account %s cannot be found: %w", name, err)
	}
	return ownership{sid.String()}, nil
}

// tasks give the directory to the account, SYSTEM and the administrators alone.
func (o ownership) tasks(dir string) plan {
	descriptor := accountDescriptor(o.sid)
	return plan{{"set its permissions to " + descriptor, func() error {
		d, err := windows.SecurityDescriptorFromString(descriptor)
		if err != nil {
			return err
		}
		list, _, err := d.DACL()
		if err != nil {
			return err
		}
		return windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT,
			windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	}}}
}

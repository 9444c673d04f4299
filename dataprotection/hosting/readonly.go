package hosting

// ReadOnlyDirectory returns the directory that the environment tells ASP.NET Core
// applications to read their keys from and to create none in. The variables are
// ReadOnlyDataProtectionKeyDirectory and the same with DOTNET_ or ASPNETCORE_ in
// front; the first that is set decides, also where it is empty, which stands for
// no such directory. Other configuration sources of .NET are not looked at.
//
// A .NET application that configures a store or the encryption of its keys
// ignores the setting, so a Go program should ask only if it configures neither:
//
//	if dir, ok := hosting.ReadOnlyDirectory(); ok {
//		cfg.Store, cfg.ReadOnly = filestore.New(dir), true
//	}
func ReadOnlyDirectory() (dir string, ok bool) {
	return system().readOnlyDirectory()
}

func (e environment) readOnlyDirectory() (dir string, ok bool) {
	const variable = "ReadOnlyDataProtectionKeyDirectory"
	for _, prefix := range []string{"", "DOTNET_", "ASPNETCORE_"} {
		if dir, set := e.lookup(prefix + variable); set {
			return dir, dir != ""
		}
	}
	return "", false
}

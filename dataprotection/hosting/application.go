package hosting

import (
	"runtime"
	"strings"
)

// ApplicationFromContentRoot returns the application name that an ASP.NET Core
// application of .NET 7 or later has if it sets none: the path of its content
// root, without white space around it and with a separator at its end. For a
// blank path it returns the empty string, which stands for no name at all.
//
// The path must be written as the .NET application sees it, which is usually the
// directory it was deployed to; nothing else of it is made uniform, and on
// Windows the case of letters matters. .NET 6 and earlier add no separator in
// most cases: pass their content root as the name, as it is.
func ApplicationFromContentRoot(path string) string {
	return applicationFromContentRoot(runtime.GOOS, path)
}

func applicationFromContentRoot(goos, path string) string {
	separator, separators := "/", "/"
	if goos == "windows" {
		separator, separators = `\`, `\/`
	}
	path = strings.TrimSpace(path)
	if path == "" || strings.ContainsRune(separators, rune(path[len(path)-1])) {
		return path
	}
	return path + separator
}

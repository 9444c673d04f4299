package filestore

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// fleeting reports whether dir will be gone when the container is replaced: the
// program runs in one, and dir is not on a volume.
func fleeting(dir string) bool {
	return runtime.GOOS == "linux" && inContainer() && !mounted(dir, readText("/proc/self/mounts"))
}

// inContainer reports whether the program runs in a container: by the signs that
// ASP.NET Core goes by, by the files that Docker and Podman put there, or by what
// Kubernetes tells every container.
func inContainer() bool {
	return saysContainer(os.Getenv("DOTNET_RUNNING_IN_CONTAINER")) ||
		saysContainer(os.Getenv("DOTNET_RUNNING_IN_CONTAINERS")) ||
		dockerControlGroup(readText("/proc/1/cgroup")) ||
		exists("/.dockerenv") || exists("/run/.containerenv") ||
		os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

func saysContainer(value string) bool { return value == "1" || strings.EqualFold(value, "true") }

// dockerControlGroup looks for the line that Docker leaves on Alpine.
func dockerControlGroup(cgroup string) bool {
	for line := range strings.Lines(cgroup) {
		if strings.HasSuffix(strings.TrimSpace(line), "name=openrc:/docker") {
			return true
		}
	}
	return false
}

// mounted reports whether dir or a directory above it, other than the root, is a
// mount point according to a table as in /proc/self/mounts.
func mounted(dir, table string) bool {
	points := make(map[string]bool)
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) >= 2 && !strings.HasPrefix(line, "#") {
			points[unescape.Replace(fields[1])] = true
		}
	}
	dir = filepath.Clean(dir)
	for parent := filepath.Dir(dir); dir != parent; dir, parent = parent, filepath.Dir(parent) {
		if points[dir] {
			return true
		}
	}
	return false
}

// unescape undoes what the kernel does to blanks in the table.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

func readText(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

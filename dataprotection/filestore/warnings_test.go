package filestore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/filestore"
)

// mountTable is that of a container with a volume at /app.
const mountTable = `# a comment, and a blank line

overlay / overlay rw,relatime 0 0
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
osxfs /app fuse.osxfs rw,nosuid,nodev,relatime,user_id=0,group_id=0,allow_other,max_read=1048576 0 0
tmpfs /with\040blank tmpfs ro,relatime 0 0
# tmpfs /home/root tmpfs rw 0 0
`

func TestMounted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the table is that of Linux, and so are its paths")
	}
	for _, row := range []struct {
		name string
		want bool
		dirs []string
	}{
		{"HST-1 not under a mount point", false, []string{"/", "/home", "/home/", "/home/root", "./dir", "../dir", "/application", "/ap"}},
		{"HST-2 under a mount point", true, []string{"/app", "/app/", "/app/subdir", "/app/subdir/", "/app/subdir/two", "/app/subdir/two/", "/with blank/keys"}},
	} {
		for _, dir := range row.dirs {
			t.Run(row.name+" "+dir, func(t *testing.T) {
				if got := filestore.Mounted(dir, mountTable); got != row.want {
					t.Errorf("got %v, want %v", got, row.want)
				}
			})
		}
	}
}

func TestContainerSigns(t *testing.T) {
	for value, want := range map[string]bool{"1": true, "true": true, "TRUE": true, "": false, "0": false, "yes": false, "false": false} {
		if got := filestore.SaysContainer(value); got != want {
			t.Errorf("variable %q: got %v, want %v", value, got, want)
		}
	}
	for text, want := range map[string]bool{
		"11:name=openrc:/docker\n10:pids:/\n": true,
		"10:pids:/\n11:name=openrc:/docker":   true,
		"11:name=openrc:/docker/x\n":          false,
		"0::/\n":                              false,
		"":                                    false,
	} {
		if got := filestore.DockerControlGroup(text); got != want {
			t.Errorf("control groups %q: got %v, want %v", text, got, want)
		}
	}
	if t.Setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1"); !filestore.IsInContainer() {
		t.Error("a container of Kubernetes is none")
	}
}

func TestWarnings(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("these are about containers of Linux and about modes")
	}
	t.Run("FS-10 in a container, directory under no mount point", func(t *testing.T) {
		dir := t.TempDir()
		os.Chmod(dir, 0o700)
		ofContainer := func(table string) []string { // a temporary directory of Windows may be open to others as well
			warnings := load(t, filestore.InContainer(filestore.New(dir), table)).Warnings
			return slices.DeleteFunc(warnings, func(w string) bool { return !strings.Contains(w, "inside the container") || !strings.Contains(w, dir) })
		}
		if warnings := ofContainer(mountTable); len(warnings) != 1 {
			t.Errorf("got warnings %q, want one that names the container and %s", warnings, dir)
		}
		if warnings := ofContainer(mountTable + "tmpfs " + dir + " tmpfs rw 0 0\n"); len(warnings) > 0 {
			t.Errorf("mounted, and yet %q", warnings)
		}
	})

	t.Run("modes", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "it's mine")
		s := filestore.OnHost(filestore.New(dir))
		add(t, s, "a", "<a />")
		add(t, s, "b", "<b />")
		os.Chmod(dir, 0o755)
		os.Chmod(filepath.Join(dir, "b.xml"), 0o640)
		warnings := load(t, s).Warnings
		quoted := strings.ReplaceAll(dir, "it's mine", `it'\''s mine`)
		for _, want := range []string{"mode 0755", "chmod 700 '" + quoted + "'", "b.xml has mode 0640", "chmod 600 '" + quoted + "/b.xml'"} {
			if !strings.Contains(strings.Join(warnings, "\n"), want) {
				t.Errorf("got warnings %q, want one that says %q", warnings, want)
			}
		}
		if len(warnings) != 2 {
			t.Errorf("got %d warnings, want 2", len(warnings))
		}
	})
	t.Run("what changes is news to who knows the rest", func(t *testing.T) {
		dir := t.TempDir()
		os.Chmod(dir, 0o700)
		s := filestore.OnHost(filestore.New(dir))
		add(t, s, "a", "<a />")
		known := load(t, s)
		for _, tc := range []struct {
			name string
			mode os.FileMode
			want int // warnings
		}{{dir, 0o755, 1}, {dir, 0o700, 0}, {filepath.Join(dir, "a.xml"), 0o644, 1}, {filepath.Join(dir, "a.xml"), 0o600, 0}} {
			os.Chmod(tc.name, tc.mode)
			snap, err := s.Load(t.Context(), known.Version)
			if err != nil || len(snap.Warnings) != tc.want {
				t.Errorf("%s %04o: got %q, %v, want %d warnings", filepath.Base(tc.name), tc.mode, snap.Warnings, err, tc.want)
			}
			if err := s.Add(t.Context(), element("a", "<a />"), known.Version); !errors.Is(err, fs.ErrExist) {
				t.Errorf("%s %04o: Add = %v, want fs.ErrExist: a mode is no conflict", filepath.Base(tc.name), tc.mode, err)
			}
			known = snap
		}
	})
	t.Run("modes mean nothing where the marker has not kept its own", func(t *testing.T) {
		dir := t.TempDir()
		os.Chmod(dir, 0o755)
		if err := filestore.Provision(dir); err != nil {
			t.Fatal(err)
		}
		s := filestore.OnHost(filestore.Shared(dir))
		if warnings := load(t, s).Warnings; len(warnings) != 1 {
			t.Errorf("marker 0600: got %q, want a warning of the directory's mode", warnings)
		}
		os.Chmod(filepath.Join(dir, filestore.MarkerName), 0o744)
		if warnings := load(t, s).Warnings; len(warnings) != 0 {
			t.Errorf("marker 0744: got %q, want none", warnings)
		}
	})
}

func TestQuote(t *testing.T) {
	for path, want := range map[string]string{
		"/var/lib/x-1/k_e.ys": "/var/lib/x-1/k_e.ys",
		"/a b":                "'/a b'",
		"/it's":               `'/it'\''s'`,
		"/$(reboot)/a":        "'/$(reboot)/a'",
		"/é":                  "'/é'",
	} {
		if got := filestore.Quote(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

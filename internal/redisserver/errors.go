package redisserver

import (
	"fmt"
	"strings"
)

// advice is what to do about an error of the server. The codes stand at the
// beginning of a message, or, in older servers, within that of a script.
var advice = []struct{ code, advice string }{
	{"READONLY ", "the client is connected to a replica; connect it to the master, by Sentinel for instance"},
	{"WRONGTYPE ", "the key holds something else than it should; another program uses it"},
	{"NOPERM ", "the user lacks permissions; %s lists those that are needed"},
	{"can't run this command", "the user lacks permissions; %s lists those that are needed"},
	{"OOM ", "the server has reached maxmemory; give it more, or the program a server of its own"},
	{"MISCONF ", "the server cannot write to its disk and takes no changes until it can"},
	{"NOREPLICAS ", "fewer replicas are connected than min-replicas-to-write asks for"},
}

// Explain adds to an error of the server what to do about it. Doc is the page that
// lists permissions.
func Explain(err error, doc string) error {
	for _, a := range advice {
		if strings.Contains(err.Error(), a.code) {
			return fmt.Errorf("%w (%s)", err, strings.ReplaceAll(a.advice, "%s", doc))
		}
	}
	return err
}

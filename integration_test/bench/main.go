// Bench measures what logins and protected forms cost beside other ways, and beside a
// floor: the least work that the format asks for. It prints one table for
// each kind of work:
//
//	go run .
//
// The contenders of a table take turns within each round, so that a busy machine
// disturbs all of them. Each is checked first: what it makes it reads again, and
// what was changed, cut or made with other keys it refuses. docs/performance.md
// says how to read the numbers.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 10, "how many `rounds` there are; the tables show medians")
	only := flag.String("only", "", "measure only works whose names have this `text` in them")
	turn := flag.Duration("turn", 80*time.Millisecond, "how long one contender's turn takes")
	flag.Parse()
	if err := run(*only, *rounds, *turn); err != nil {
		log.Fatal(err)
	}
}

func run(only string, rounds int, turn time.Duration) error {
	works, err := newWorks()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(works, func(w work) bool { return strings.Contains(w.name, only) }) {
		return fmt.Errorf("-only %q: no work has this in its name", only)
	}
	for _, w := range works {
		if !strings.Contains(w.name, only) {
			continue // it stays in memory, so that garbage is collected as often as with all of them
		}
		results, err := measure(w.contenders, rounds, turn)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if err := printTable(os.Stdout, w.name, results); err != nil {
			return err
		}
	}
	return nil
}

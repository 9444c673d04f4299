// Package fleet_test runs many real processes on one key directory.
package fleet_test

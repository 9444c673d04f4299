// Package payload writes and reads the header of a protected payload, and
// builds the additional authenticated data that ties a payload to its key and
// its purposes (docs/formats.md, Payload).
//
// It knows nothing of keys and decides nothing: what an unknown key id or a bad
// header means is for the caller, who gives its clients one vague error.
package payload

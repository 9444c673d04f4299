// Package writers_test holds cookieauth to what it promises about the
// ResponseWriter, with real peers: whatever wraps it, further out or further in,
// and however a handler writes, a renewed cookie leaves with the header, once, and
// nothing that the writer can do is lost.
package writers_test

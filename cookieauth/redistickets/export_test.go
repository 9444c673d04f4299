package redistickets

// UserKey is the key of a user's list.
func UserKey(s *Store, user string) string { return s.userKey(user) }

package memtickets

// Size tells what is kept.
func Size(s *Store) (sessions, users, queued int) {
	return len(s.sessions), len(s.users), len(s.expiring)
}

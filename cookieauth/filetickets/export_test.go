package filetickets

// AtStep calls f at each step of writing.
func AtStep(s *Store, f func(step string)) { s.step = f }

package training

// EmailKey finds an address again without saying which it is: "" for none. It
// is for the packages below this one that write enrollments.
func (s *Service) EmailKey(address string) string { return s.emailKey(address) }

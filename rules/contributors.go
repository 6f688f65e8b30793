package rules

// Contributors returns who wrote the change, each once: nobody of them can approve it.
func Contributors(c Change) []UserID { return authors(c).order }

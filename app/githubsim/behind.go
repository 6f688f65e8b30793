package githubsim

import (
	"net/http"
	"reflect"
	"unsafe"
)

// replica is an older world that some reads are answered from.
type replica struct {
	world world
	match func(*http.Request) bool
}

// Behind lets what match matches of the API's reads (every GET, and GraphQL) be answered
// from the world as it is now, whatever happens meanwhile, until catchUp is called: GitHub
// sends events before all of its replicas have heard of what they tell. Git's objects, tokens
// and writes are never behind. Of several, the newest that matches answers. match is called
// under the lock: it must not call the server.
func (s *Server) Behind(match func(*http.Request) bool) (catchUp func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &replica{world: clone(s.world), match: match}
	s.behind = append([]*replica{r}, s.behind...)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range s.behind {
			if s.behind[i] == r {
				s.behind = append(s.behind[:i:i], s.behind[i+1:]...)
				return
			}
		}
	}
}

// from lets an older world answer the request if one is to, until back is called.
func (s *Server) from(c *call, at *route) (back func()) {
	if at == nil || at.need == "jwt" || at.method != http.MethodGet && at.pattern != "/graphql" {
		return func() {}
	}
	for _, r := range s.behind {
		if !r.match(c.r) {
			continue
		}
		// The token may be younger than the replica: it speaks for the same installation.
		live := s.world
		s.world = r.world
		s.world.tokens = map[string]*token{}
		for text, t := range live.tokens {
			if i := s.installationByID(t.install.id); i != nil {
				known := *t
				known.install, known.repos = i, nil
				s.world.tokens[text] = &known
			}
		}
		return func() { s.world = live }
	}
	return func() {}
}

// clone copies a world with everything in it, but for git's objects, which never change:
// what the copy points to, it alone points to.
func clone(w world) world {
	copied := map[unsafe.Pointer]reflect.Value{}
	var out world
	copyInto(reflect.ValueOf(&out).Elem(), reflect.ValueOf(&w).Elem(), copied)
	return out
}

// shared are the types that copies have in common.
var shared = map[reflect.Type]bool{reflect.TypeFor[*objects](): true, reflect.TypeFor[*commit](): true}

// copyInto makes to a deep copy of from. Both can be addressed; their fields need not be exported.
func copyInto(to, from reflect.Value, copied map[unsafe.Pointer]reflect.Value) {
	switch from.Kind() { //nolint:exhaustive // what holds nothing else is copied below
	case reflect.Pointer:
		if from.IsNil() || shared[from.Type()] {
			break
		}
		if made, ok := copied[from.UnsafePointer()]; ok {
			to.Set(made)
			return
		}
		made := reflect.New(from.Type().Elem())
		copied[from.UnsafePointer()] = made
		to.Set(made)
		copyInto(made.Elem(), from.Elem(), copied)
		return
	case reflect.Struct:
		if from.Type().PkgPath() != reflect.TypeFor[world]().PkgPath() {
			break // a time
		}
		for i := range from.NumField() {
			copyInto(open(to.Field(i)), open(from.Field(i)), copied)
		}
		return
	case reflect.Slice:
		if from.IsNil() {
			break
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			copyInto(to.Index(i), from.Index(i), copied)
		}
		return
	case reflect.Map:
		if from.IsNil() {
			break
		}
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for each := from.MapRange(); each.Next(); {
			key, value := reflect.New(from.Type().Key()).Elem(), reflect.New(from.Type().Elem()).Elem()
			copyInto(key, addressable(each.Key()), copied)
			copyInto(value, addressable(each.Value()), copied)
			to.SetMapIndex(key, value)
		}
		return
	}
	to.Set(from)
}

// open lets a field be read and set although it is not exported.
func open(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

func addressable(v reflect.Value) reflect.Value {
	at := reflect.New(v.Type()).Elem()
	at.Set(v)
	return at
}

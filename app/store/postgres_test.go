package store

import (
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/store/pgtest"
)

func TestPostgreSQL(t *testing.T) {
	testStore(t, func(t *testing.T) *Store { return openAt(t, pgtest.URL(t)) })
}

func TestCheckURL(t *testing.T) {
	for _, variable := range []string{"PGHOST", "PGSSLMODE", "PGDATABASE", "PGSERVICE", "PGPASSFILE"} {
		t.Setenv(variable, "")
	}
	const encrypt, prefer = "does not say how to encrypt", "as soon as somebody between refuses"
	for _, test := range []struct{ name, url, want string }{
		{"a file", "sqlite:///data/x.db", ""},
		{"a directory", "sqlite:///data/", "names no database"},
		{"nothing", "", "names no database"},
		{"another engine", "mysql://u:planted@db/x", "names no database"},
		{"encrypted", "postgres://u:planted@db.example/x?sslmode=verify-full", ""},
		{"the other scheme", "postgresql://u:planted@db.example/x?sslmode=require", ""},
		{"in the clear, and said so", "postgres://u:planted@db.example/x?sslmode=disable", ""},
		{"in the clear", "postgres://u:planted@db.example/x", encrypt},
		{"perhaps in the clear", "postgres://u:planted@db.example/x?sslmode=prefer", prefer},
		{"in the clear at first", "postgres://u:planted@db.example/x?sslmode=allow", prefer},
		{"loopback", "postgres://u:planted@127.0.0.1/x", ""},
		{"loopback by name", "postgres://u:planted@localhost:5433/x", ""},
		{"loopback, IPv6", "postgres://u:planted@[::1]/x", ""},
		{"looks like loopback", "postgres://u:planted@127.0.0.1.example/x", encrypt},
		{"a socket", "postgres://u@/x?host=/run/postgresql", ""},
		{"several servers", "postgres://u:planted@a.example,b.example/x?sslmode=verify-full&target_session_attrs=read-write", ""},
		{"one of several elsewhere", "postgres://u:planted@localhost,b.example/x", encrypt},
		{"no database", "postgres://u:planted@localhost/", "names a server and no database"},
		{"a slash in the password", "postgres://u:plan/ted@localhost/x", "%2F"},
		{"no URL", "postgres://u:planted@local host/x", "is not a URL"},
		{"no such mode", "postgres://u:planted@db.example/x?sslmode=planted", "its sslmode"},
		{"no such port", "postgres://u:planted@localhost:planted/x", "is not a URL"},
		{"no such authority", "postgres://u:planted@db.example/x?sslmode=verify-full&sslrootcert=/planted", "its sslrootcert"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := CheckURL(test.url)
			if err == nil {
				if test.want != "" {
					t.Errorf("no error, want one about %q", test.want)
				}
				return
			}
			if test.want == "" || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "plan") {
				t.Errorf("error %q, want one about %q that repeats nothing", err, test.want)
			}
		})
	}
}

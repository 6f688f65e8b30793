package app

import (
	"testing"

	"github.com/changewarden/changewarden/app/doctor"
)

func TestExamineDisk(t *testing.T) {
	for _, tt := range []struct {
		free int64
		want doctor.Level
	}{
		{littleSpace, doctor.OK}, {littleSpace - 1, doctor.Warning}, {leastSpace, doctor.Warning}, {leastSpace - 1, doctor.Broken}, {0, doctor.Broken},
	} {
		if got := examineDisk(tt.free); got.Level != tt.want || (got.Advice == "") != (tt.want == doctor.OK) {
			t.Errorf("%d bytes left: %+v, want %s", tt.free, got, tt.want)
		}
	}
}

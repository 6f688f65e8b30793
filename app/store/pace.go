package store

import "time"

// Pace bounds what is written to GitHub for one installation. The zero Pace bounds nothing.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
type Pace struct {
	Every time.Duration // between two writes in the long run
	Burst int           // so many may come at once after a rest; at least two
	Hour  int           // so many in any hour, 0: as many as Every allows
}

// written is what an installation wrote of late.
type written struct {
	until int64      // the writes so far, one each Every, end then
	hour  [][2]int64 // minutes since 1970 and the writes in them, oldest first
}

const minute = int64(time.Minute / time.Microsecond)

// gone returns when a write of that minute is more than an hour old.
func gone(of int64) int64 { return (of + 61) * minute }

// charge counts n writes, or takes back as many.
func (p Pace) charge(w written, at, n int64) written {
	w.until = max(w.until, at) + n*p.Every.Microseconds()
	for len(w.hour) > 0 && gone(w.hour[0][0]) <= at {
		w.hour = w.hour[1:]
	}
	now := at / minute
	if last := len(w.hour) - 1; last >= 0 && w.hour[last][0] >= now {
		w.hour[last][1] = max(0, w.hour[last][1]+n)
	} else if n > 0 {
		w.hour = append(w.hour, [2]int64{now, n})
	}
	return w
}

// next returns from when n more may be written.
func (p Pace) next(w written, n int64) int64 {
	at := w.until - (max(int64(p.Burst), n)-n)*p.Every.Microseconds()
	if p.Hour <= 0 {
		return at
	}
	sum := n
	for _, m := range w.hour {
		sum += m[1]
	}
	for _, m := range w.hour {
		if sum <= int64(p.Hour) {
			break
		}
		sum, at = sum-m[1], max(at, gone(m[0]))
	}
	return at
}

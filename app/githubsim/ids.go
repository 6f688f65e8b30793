package githubsim

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// kind is what an id counts; ids of two kinds may be equal, as on GitHub.
type kind string

const (
	kindAccount      kind = "account"
	kindTeam         kind = "team"
	kindRepo         kind = "repository"
	kindPull         kind = "pull"
	kindReview       kind = "review"
	kindLabel        kind = "label"
	kindEvent        kind = "event"
	kindSuite        kind = "suite"
	kindRun          kind = "run"
	kindStatus       kind = "status"
	kindWorkflow     kind = "workflow"
	kindJob          kind = "job"
	kindInstall      kind = "installation"
	kindApp          kind = "app"
	kindActivity     kind = "activity"
	kindDelivery     kind = "delivery"
	kindToken        kind = "token"
	kindRuleset      kind = "ruleset"
	kindGUID         kind = "guid"
	kindDeploy       kind = "deployment"
	kindDeployStatus kind = "deployment_status"
	kindEnvironment  kind = "environment"
	kindComment      kind = "comment"
	kindReaction     kind = "reaction"
	kindIssue        kind = "issue"
	kindIDToken      kind = "id_token"
)

// firstID are ids of the size that GitHub gives out today: those of reviews pass 2^31,
// those of check runs and suites 2^32, so that a caller who keeps them in 32 bits fails.
var firstID = map[kind]int64{
	kindAccount: 104_729_001, kindTeam: 11_200_301, kindRepo: 812_345_678, kindPull: 2_412_345_601,
	kindReview: 3_123_456_701, kindLabel: 8_412_345_600, kindEvent: 15_123_456_789,
	kindSuite: 41_234_567_890, kindRun: 46_123_456_789, kindStatus: 35_123_456_789,
	kindWorkflow: 16_123_456_789, kindJob: 151_234_567, kindInstall: 61_234_567, kindApp: 1_123_456,
	kindActivity: 22_123_456_789, kindDelivery: 190_123_456_789, kindToken: 1, kindRuleset: 3_123_456,
	kindGUID: 1, kindDeploy: 2_212_345_678, kindDeployStatus: 5_212_345_678, kindEnvironment: 6_212_345_678,
	kindComment: 3_212_345_678, kindReaction: 312_345_678, kindIssue: 3_512_345_678, kindIDToken: 1,
}

// id gives out the next id of a kind. The stride is odd and greater than one, so that a
// caller who counts on neighbours fails.
func (s *Server) id(k kind) int64 {
	n := s.seq[k]
	s.seq[k]++
	return firstID[k] + s.opts.Seed*10_007 + n*17
}

// nodeID is an opaque GraphQL id in today's form: a type prefix and base64.
func nodeID(prefix string, id int64) string {
	return prefix + "_kwDO" + base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(id)))
}

// guid is a delivery's id: shaped like a UUID, counted.
func (s *Server) guid() string {
	n := s.id(kindGUID)
	return fmt.Sprintf("%08x-%04x-11f0-9%03x-%012x", 0x3c000000+n*7919, n&0xffff, n&0xfff, 0x5ca1ab1e0000+n)
}

func marshalList(l list) ([]byte, error) {
	if len(l) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal([]any(l))
}

package httpwire

import "pcaptriage/decoders/stream"

// Sink is a stream.Sink for one direction. It is plain: fill in one and use it
// for all connections of a shard, setting the fields before each call.
type Sink struct {
	Decoder *Decoder
	Parser  *Parser
	Queue   *Queue
	Handler Handler
}

func (s *Sink) Data(c stream.Chunk) { s.Decoder.Data(s.Parser, s.Queue, c, s.Handler) }
func (s *Sink) Gap(g stream.Gap)    { s.Decoder.Gap(s.Parser, s.Queue, g, s.Handler) }
func (s *Sink) End(e stream.Ending) { s.Decoder.End(s.Parser, s.Queue, e, s.Handler) }

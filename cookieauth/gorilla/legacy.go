package gorilla

import "fmt"

func (c *Codec) acceptsLegacy() bool {
	return len(c.cfg.Legacy) > 0 && !c.cfg.Now().After(c.cfg.AcceptUntil)
}

// decodeLegacy asks the legacy codecs for a value that the ring has refused. A
// codec that fails for another reason than the value, such as a missing key,
// leaves open whether the value is good; if no other accepts it, that failure is
// the answer.
func (c *Codec) decodeLegacy(name, value string, dst any, refusal error) error {
	var failure error
	for _, codec := range c.cfg.Legacy {
		err := codec.Decode(name, value, dst)
		switch {
		case err == nil:
			c.cfg.OnLegacy(name)
			return nil
		case kindOf(err) != decode && failure == nil:
			failure = err
		default:
			refusal = fmt.Errorf("%w; legacy: %w", refusal, err)
		}
	}
	if failure != nil {
		return &codecError{kindOf(failure), "a legacy codec failed", failure}
	}
	return &codecError{decode, "", refusal}
}

package journey

import (
	"net/http"
	"reflect"
	"strings"
	"sync"
)

// places tells, by the type of a writer, where it notes that WriteHeader has been
// called. Looking for the name takes longer than reading what it names.
var places sync.Map // reflect.Type → place

// A place is a field of a writer or, for that of HTTP/2, of what a field of it
// points to. Both are -1 for a writer that notes nothing.
type place struct{ state, field int }

// hasWritten looks into a writer of net/http or httptest, which note what they do
// not tell: that WriteHeader has been called. If they should note it elsewhere one
// day, nobody tells again; the tests would notice.
//
// This is the one use of reflect in the libraries: else a login that comes too late
// would be taken for one, and the visitor sent on without it.
func hasWritten(w http.ResponseWriter) bool {
	v := reflect.ValueOf(w)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return false
	}
	at, known := places.Load(v.Type())
	if !known {
		at, _ = places.LoadOrStore(v.Type(), placeIn(v.Type().Elem()))
	}
	where := at.(place)
	if where.field < 0 {
		return false
	}
	v = v.Elem()
	if where.state >= 0 {
		if v = v.Field(where.state); v.IsNil() {
			return false // the handler has returned
		}
		v = v.Elem()
	}
	return v.Field(where.field).Bool()
}

func placeIn(writer reflect.Type) place {
	if writer.Kind() == reflect.Struct && strings.HasPrefix(writer.PkgPath(), "net/http") {
		if f, ok := writer.FieldByName("wroteHeader"); ok && f.Type.Kind() == reflect.Bool && len(f.Index) == 1 {
			return place{-1, f.Index[0]}
		}
		state, ok := writer.FieldByName("rws")
		if ok && len(state.Index) == 1 && state.Type.Kind() == reflect.Pointer && state.Type.Elem().Kind() == reflect.Struct {
			if f, ok := state.Type.Elem().FieldByName("wroteHeader"); ok && f.Type.Kind() == reflect.Bool && len(f.Index) == 1 {
				return place{state.Index[0], f.Index[0]}
			}
		}
	}
	return place{-1, -1}
}

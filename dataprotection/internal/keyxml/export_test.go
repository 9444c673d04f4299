package keyxml

// For the tables of values, which have more rows than it is worth making elements for.
var (
	ParseDate  = parseDate
	FormatDate = formatDate
	ParseGUID  = parseGUID
	FormatGUID = formatGUID
)

// MaxSize is the size of the largest element that is read.
const MaxSize = maxSize

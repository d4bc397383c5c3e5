#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "protocol/json.h"

// The same objects in CBOR (RFC 8949), for clients to which JSON is too long or too slow. Pure
// functions.
namespace fairlead::protocol {

// Appends what `json`, which is valid, says: definite lengths, shortest heads, keys in their order.
void add_cbor(std::string& out, std::string_view json);

// A map out of a WebSocket message, of nothing but what JSON has: maps with text for keys, arrays,
// text in UTF-8, integers of 64 bits, finite floating-point numbers, false, true, null; all lengths
// definite, no tags, nothing behind it. At most 32 levels deep, 1,000 keys, no U+0000.
// `malformed_json`, with what is wrong, for everything else.
Result<Json> parse_cbor_object(std::string_view bytes);

}  // namespace fairlead::protocol

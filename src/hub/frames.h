#pragma once

#include <string>
#include <string_view>

#include "hub/transport.h"
#include "store/event.h"

// Events as the bytes of a wire form. Pure functions; they append to `out`.
namespace fairlead::hub {

// For one session. Never compressed, which costs more time than all else that is done for it.
void add_frame(std::string& out, const store::Event& event, WireForm form);
// The same for one that is not in the log.
void add_frame(std::string& out, std::string_view json, WireForm form);

// For all sessions of that form.
void add_shared_frame(std::string& out, const store::Event& event, WireForm form);
void add_shared_frame(std::string& out, std::string_view json, WireForm form);

}  // namespace fairlead::hub

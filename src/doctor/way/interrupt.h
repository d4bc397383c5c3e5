#pragma once

namespace fairlead::doctor {

// From now on SIGINT and SIGTERM end what is under way in good order; a second one ends the
// program. Once per process, before threads are started.
void catch_interrupts();
// Any thread, does not block.
bool interrupted();

}  // namespace fairlead::doctor

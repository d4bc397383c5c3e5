#pragma once

namespace fairlead {

// Empties a string or container and gives its memory back, which assigning an empty one need not do.
template <typename Container>
void release(Container& container) {
  Container().swap(container);
}

}  // namespace fairlead

#include "doctor/host/host.h"

#include <fstream>
#include <thread>

#include "doctor/host/kernel.h"
#include "doctor/host/nginx_check.h"
#include "doctor/host/nginx_command.h"

namespace fairlead::doctor {
namespace {

using Failed = tl::unexpected<std::string>;

tl::expected<std::string, std::string> dump_of(const HostQuestion& question) {
  if (question.nginx_dump.empty()) return run_nginx_dump(question.nginx_conf);
  std::ifstream in(question.nginx_dump, std::ios::binary);
  if (!in) return Failed("cannot read " + question.nginx_dump);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

NginxLook look_at_nginx(const HostQuestion& question) {
  const auto dump = dump_of(question);
  if (!dump) return {{{"nginx", State::kSkipped, dump.error()}}};
  const auto config = parse_nginx_dump(*dump);
  if (!config)
    return {{{"nginx", State::kSkipped, "its configuration cannot be read: " + config.error()}}};
  return check_nginx(
      *config, {question.url_host, question.url_prefix, static_cast<std::size_t>(question.sessions),
                std::max(1U, std::thread::hardware_concurrency())});
}

}  // namespace

Findings look_at_host(const HostQuestion& question) {
  auto nginx = look_at_nginx(question);
  auto findings = judge_kernel(look_at_kernel(), static_cast<std::uint64_t>(question.sessions),
                               nginx.tcp_upstream);
  findings.insert(findings.end(), nginx.findings.begin(), nginx.findings.end());
  return findings;
}

}  // namespace fairlead::doctor

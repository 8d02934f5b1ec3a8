using EmbeddingAdmin.Web.Security;

namespace EmbeddingAdmin.Web.Tests.Security;

public sealed class StartCheckTests
{
    [Theory]
    [InlineData("http://0.0.0.0:5181")]
    [InlineData("http://*:80")]
    [InlineData("http://+:80")]
    [InlineData("http://[::]:80")]
    [InlineData("http://192.168.1.4:5181")]
    [InlineData("http://dashboard.example")]
    public void Plain_http_that_others_can_reach_is_refused(string url) =>
        Assert.Equal("EA-SEC-01", Assert.Throws<EmbeddingAdminException>(() => StartCheck.RefusePlainHttpBeyondLoopback(["http://127.0.0.1:1", url])).Code);

    [Theory]
    [InlineData("http://127.0.0.1:5181")]
    [InlineData("http://127.0.0.2:0")]
    [InlineData("http://localhost:5181")]
    [InlineData("http://[::1]:5181")]
    [InlineData("https://0.0.0.0:443")]
    public void Loopback_and_https_may_be_listened_on(string url) => StartCheck.RefusePlainHttpBeyondLoopback([url]);

    [Theory]
    [InlineData("10.0.0")]
    [InlineData("10.0.6")]
    public void A_runtime_that_accepts_forged_cookies_is_refused(string version) =>
        Assert.Equal("EA-SEC-05", Assert.Throws<EmbeddingAdminException>(() => StartCheck.RefuseVulnerableRuntime(Version.Parse(version))).Code);

    [Theory]
    [InlineData("10.0.7")]
    [InlineData("10.0.12")]
    [InlineData("10.1.0")]
    public void A_runtime_without_that_fault_may_be_used(string version) => StartCheck.RefuseVulnerableRuntime(Version.Parse(version));

    [Fact]
    public void The_runtime_that_runs_these_tests_is_read_to_its_patch() => StartCheck.RefuseVulnerableRuntime();

    [Fact]
    public void Any_host_is_refused_where_others_can_reach_and_taken_on_loopback()
    {
        Assert.Equal("EA-SEC-03", Assert.Throws<EmbeddingAdminException>(() => StartCheck.AllowedHosts("*", ["https://0.0.0.0:443"])).Code);
        Assert.Equal(["*"], StartCheck.AllowedHosts("*", ["http://127.0.0.1:5181"]));
    }

    [Fact]
    public void Without_a_setting_only_loopbacks_own_names_are_hosts() =>
        Assert.Equal(["localhost", "127.0.0.1", "[::1]"], StartCheck.AllowedHosts(null, ["http://127.0.0.1:5181"]));
}

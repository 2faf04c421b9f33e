using System.Net;
using Purser.Services.Gate;

namespace Purser.Services.Tests.Gate;

/// <summary>Who counts as one caller.</summary>
public sealed class CallerAddressTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:0:1:aaaa:bbbb:cccc:dddd", "2001:db8:0:1::/64")]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1::/64")]
    [InlineData("2001:db8:0:2::1", "2001:db8:0:2::/64")]
    [InlineData("::1", "::/64")]
    public void An_ipv6_subscriber_is_one_caller_whatever_his_address(string address, string caller) =>
        CallerAddress.Of(IPAddress.Parse(address)).ShouldBe(caller);

    [Fact]
    public void A_socket_without_an_address_has_no_name() => CallerAddress.Of((IPAddress?)null).ShouldBeEmpty();
}

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Purser.Services.Gate;

/// <summary>
/// The name under which a caller's network address is counted. An IPv6 subscriber has at least a /64 for himself (RFC 6177), and could otherwise come from
/// another of its 2^64 addresses each time.
/// </summary>
public static class CallerAddress
{
    /// <summary>An IPv4 address as it is, also one that is mapped into IPv6; of an IPv6 address its first 64 bits, as <c>2001:db8:0:1::/64</c>; empty when there is none.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    /// <summary>The name of a request's sender. Behind a balancer the host has to let the framework's forwarded headers set the address, from balancers that it trusts.</summary>
    public static string Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Of(context.Connection.RemoteIpAddress);
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.Vault;

/// <summary>
/// Where a request comes from, as limits count it. Behind a Unix socket that is the user of the system who connected (<c>SO_PEERCRED</c>, unix(7)), so that one member of the
/// socket's group cannot use up another's tries. Behind a port of loopback all look alike.
/// </summary>
internal static class VaultCaller
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    public static string Of(HttpContext context) =>
        (context.Connection.RemoteIpAddress is { } address ? CallerAddress.Of(address) : null)
        ?? (context.Features.Get<IConnectionSocketFeature>() is { Socket: { } socket } && UserOf(socket) is { } user ? $"user:{user.ToString(CultureInfo.InvariantCulture)}" : "socket");

    private static uint? UserOf(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily != AddressFamily.Unix)
        {
            return null;
        }

        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        try
        {
            return socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) == credentials.Length
                ? BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]) : BinaryPrimitives.ReadUInt32BigEndian(credentials[4..])
                : null;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return null; // the caller hung up
        }
    }
}

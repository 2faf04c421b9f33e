using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;

namespace Purser.Services.Gate;

/// <summary>Names a request by what it asks for, so that what is claimed for one counts for no other.</summary>
public static class RequestDigest
{
    /// <summary>
    /// SHA-256 over method, path with its base, query, body and <c>Idempotency-Key</c>, each with its length. The body is read to its end, kept for the
    /// handler, and rewound. Null when it has more than <paramref name="maxBodyBytes"/> bytes.
    /// </summary>
    public static async Task<Hash32?> ComputeAsync(HttpContext context, long maxBodyBytes)
    {
        ArgumentNullException.ThrowIfNull(context);
        var request = context.Request;
        if (request.ContentLength > maxBodyBytes)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, request.Method);
        Append(hash, (request.PathBase + request.Path).Value ?? "");
        Append(hash, request.QueryString.Value ?? "");
        Append(hash, request.Headers["Idempotency-Key"].ToString());
        if (!await AppendBodyAsync(hash, context, maxBodyBytes))
        {
            return null;
        }

        return new Hash32(hash.GetHashAndReset());
    }

    private static async Task<bool> AppendBodyAsync(IncrementalHash hash, HttpContext context, long maxBodyBytes)
    {
        context.Request.EnableBuffering();
        var body = context.Request.Body;

        // From its beginning, whoever has read of it before: else a request's claim would hold for other bodies too.
        body.Position = 0;
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            long total = 0;
            int read;
            while ((read = await body.ReadAsync(buffer, context.RequestAborted)) > 0)
            {
                total += read;
                if (total > maxBodyBytes)
                {
                    return false;
                }

                hash.AppendData(buffer, 0, read);
            }

            body.Position = 0;
            return true;
        }
        catch (BodyTooLargeException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}

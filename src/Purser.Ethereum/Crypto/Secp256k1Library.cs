using System.Reflection;
using System.Runtime.InteropServices;

namespace Purser.Ethereum;

/// <summary>
/// libsecp256k1 (bitcoin-core, with the recovery module) as the distributions ship it: the C functions that
/// <see cref="NativeSecp256k1"/> uses. Opaque structures: public key 64 bytes, signature 64, recoverable signature 65.
/// Functions return 1 for success and 0 for failure; a null or out-of-range argument aborts the process, so callers check first.
/// </summary>
internal static unsafe partial class Secp256k1Library
{
    private const string Name = "secp256k1";

    /// <summary>The sonames that distributions ship, each with an unchanged form of the functions below; then plain names.</summary>
    private static readonly string[] s_candidates =
    [
        "libsecp256k1.so.1", "libsecp256k1.so.2", "libsecp256k1.so.5", "libsecp256k1.so.6",
        "libsecp256k1.dylib", "libsecp256k1-2.dll", "libsecp256k1-5.dll", Name,
    ];

    /// <summary>The handle, or 0 when no candidate loads or the one that loads lacks the recovery module.</summary>
    private static readonly nint s_handle = Load();

    internal static bool IsAvailable => s_handle != 0;

    private static nint Load()
    {
        Assembly assembly = typeof(Secp256k1Library).Assembly;
        foreach (string candidate in s_candidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, searchPath: null, out nint handle))
            {
                if (NativeLibrary.TryGetExport(handle, "secp256k1_ecdsa_recover", out _)
                    && NativeLibrary.TryGetExport(handle, "secp256k1_ec_seckey_tweak_add", out _))
                {
                    NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => name == Name ? handle : 0);
                    return handle;
                }

                NativeLibrary.Free(handle);
            }
        }

        return 0;
    }

    [LibraryImport(Name, EntryPoint = "secp256k1_context_create")]
    internal static partial nint ContextCreate(uint flags);

    [LibraryImport(Name, EntryPoint = "secp256k1_context_randomize")]
    internal static partial int ContextRandomize(nint context, byte* seed32);

    [LibraryImport(Name, EntryPoint = "secp256k1_ec_pubkey_parse")]
    internal static partial int PublicKeyParse(nint context, byte* publicKey, byte* input, nuint inputLength);

    [LibraryImport(Name, EntryPoint = "secp256k1_ec_pubkey_serialize")]
    internal static partial int PublicKeySerialize(nint context, byte* output, nuint* outputLength, byte* publicKey, uint flags);

    [LibraryImport(Name, EntryPoint = "secp256k1_ec_pubkey_create")]
    internal static partial int PublicKeyCreate(nint context, byte* publicKey, byte* secret32);

    [LibraryImport(Name, EntryPoint = "secp256k1_ec_seckey_tweak_add")]
    internal static partial int SecretTweakAdd(nint context, byte* secret32, byte* tweak32);

    [LibraryImport(Name, EntryPoint = "secp256k1_ecdsa_signature_parse_compact")]
    internal static partial int SignatureParse(nint context, byte* signature, byte* compact64);

    [LibraryImport(Name, EntryPoint = "secp256k1_ecdsa_signature_normalize")]
    internal static partial int SignatureNormalize(nint context, byte* normalized, byte* signature);

    [LibraryImport(Name, EntryPoint = "secp256k1_ecdsa_verify")]
    internal static partial int Verify(nint context, byte* signature, byte* digest32, byte* publicKey);

    [LibraryImport(Name, EntryPoint = "secp256k1_ecdsa_recoverable_signature_parse_compact")]
    internal static partial int RecoverableParse(nint context, byte* signature, byte* compact64, int recoveryId);

    [LibraryImport(Name, EntryPoint = "secp256k1_ecdsa_recoverable_signature_serialize_compact")]
    internal static partial int RecoverableSerialize(nint context, byte* compact64, int* recoveryId, byte* signature);

    [LibraryImport(Name, EntryPoint = "secp256k1_ecdsa_recover")]
    internal static partial int Recover(nint context, byte* publicKey, byte* signature, byte* digest32);

    [LibraryImport(Name, EntryPoint = "secp256k1_ecdsa_sign_recoverable")]
    internal static partial int SignRecoverable(
        nint context, byte* signature, byte* digest32, byte* secret32, nint nonceFunction, byte* nonceData);
}

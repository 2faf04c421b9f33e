// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Is this signature the payer's?
/// @notice An account without code is asked by ECDSA recovery, an account with code (a contract, or an EIP-7702
/// delegation) by ERC-1271 alone. Malformed ECDSA signatures revert with the texts that USDC's ECRecover library gives,
/// because facilitators map texts to reasons.
library PayerSignature {
    /// @notice True when `signature` over `digest` is `signer`'s; false when it is well formed and somebody else's.
    /// @dev Strict as USDC is: 65 bytes, s in the lower half order, v 27 or 28.
    function isValid(address signer, bytes32 digest, bytes memory signature) internal view returns (bool) {
        if (signer.code.length != 0) {
            return SignatureChecker.isValidERC1271SignatureNow(signer, digest, signature);
        }

        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
        if (failure == ECDSA.RecoverError.NoError) {
            return recovered == signer;
        }

        require(failure != ECDSA.RecoverError.InvalidSignatureLength, "ECRecover: invalid signature length");
        require(failure != ECDSA.RecoverError.InvalidSignatureS, "ECRecover: invalid signature 's' value");
        // The precompile gives nothing for another v, so it is told apart only here, on the way out.
        bytes1 v = signature[64];
        require(v == 0x1b || v == 0x1c, "ECRecover: invalid signature 'v' value");
        revert("ECRecover: invalid signature");
    }
}

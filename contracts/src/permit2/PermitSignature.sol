// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title Permit2's domain, and its check of a signature
/// @dev Nothing is kept from a constructor: the same code works wherever it is placed, also in a genesis.
abstract contract PermitSignature {
    error SignatureExpired(uint256 signatureDeadline);
    error InvalidNonce();
    error InvalidSignatureLength();
    error InvalidSignature();
    error InvalidSigner();
    error InvalidContractSignature();

    bytes32 private constant _DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");

    /// @notice The EIP-712 domain: name "Permit2", the chain's id, this address, no version.
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(abi.encode(_DOMAIN_TYPEHASH, keccak256("Permit2"), block.chainid, address(this)));
    }

    /// @dev An account without code signs with its key, in 65 bytes or in the 64 of EIP-2098 (a high s counts, as ecrecover
    /// takes it: nonces keep a signature from counting twice); one with code is asked by ERC-1271.
    function _verify(bytes calldata signature, bytes32 structHash, address claimed) internal view {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), structHash));
        if (claimed.code.length != 0) {
            bytes4 answer = IERC1271(claimed).isValidSignature(digest, signature);
            require(answer == IERC1271.isValidSignature.selector, InvalidContractSignature());
            return;
        }
        (bytes32 r, bytes32 s, uint8 v) = _parts(signature);
        address signer = ecrecover(digest, v, r, s);
        require(signer != address(0), InvalidSignature());
        require(signer == claimed, InvalidSigner());
    }

    function _parts(bytes calldata signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        require(signature.length == 65 || signature.length == 64, InvalidSignatureLength());
        r = bytes32(signature[0:32]);
        s = bytes32(signature[32:64]);
        if (signature.length == 65) {
            v = uint8(signature[64]);
        } else {
            v = 27 + uint8(uint256(s) >> 255);
            s = bytes32(uint256(s) & type(uint256).max >> 1);
        }
    }

    /// @dev Tokens may return nothing; what they say when they refuse is not passed on.
    function _pull(address token, address from, address to, uint256 amount) internal {
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, bytes memory answer) =
            token.call(abi.encodeWithSignature("transferFrom(address,address,uint256)", from, to, amount));
        require(
            done && (answer.length == 0 || (answer.length >= 32 && abi.decode(answer, (uint256)) == 1)),
            "TRANSFER_FROM_FAILED"
        );
    }
}

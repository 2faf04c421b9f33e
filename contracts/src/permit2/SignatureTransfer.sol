// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISignatureTransfer} from "../interfaces/ISignatureTransfer.sol";
import {PermitSignature} from "./PermitSignature.sol";

/// @title The half of Permit2 where each transfer is signed
abstract contract SignatureTransfer is ISignatureTransfer, PermitSignature {
    string private constant _PERMISSIONS_TYPE = "TokenPermissions(address token,uint256 amount)";
    string private constant _FIELDS = "address spender,uint256 nonce,uint256 deadline";
    bytes32 private constant _PERMISSIONS_TYPEHASH = keccak256(bytes(_PERMISSIONS_TYPE));

    /// @inheritdoc ISignatureTransfer
    mapping(address owner => mapping(uint256 word => uint256 spent)) public nonceBitmap;

    /// @inheritdoc ISignatureTransfer
    function permitTransferFrom(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external {
        bytes32 typeHash = keccak256(
            abi.encodePacked("PermitTransferFrom(TokenPermissions permitted,", _FIELDS, ")", _PERMISSIONS_TYPE)
        );
        bytes memory fields = _fields(typeHash, _hash(permit.permitted), permit.nonce, permit.deadline);
        _transfer(permit, transferDetails, owner, keccak256(fields), signature);
    }

    /// @inheritdoc ISignatureTransfer
    function permitWitnessTransferFrom(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        bytes32 typeHash = keccak256(
            abi.encodePacked("PermitWitnessTransferFrom(TokenPermissions permitted,", _FIELDS, ",", witnessTypeString)
        );
        bytes memory fields = _fields(typeHash, _hash(permit.permitted), permit.nonce, permit.deadline);
        _transfer(permit, transferDetails, owner, keccak256(abi.encodePacked(fields, witness)), signature);
    }

    /// @inheritdoc ISignatureTransfer
    function permitTransferFrom(
        PermitBatchTransferFrom memory permit,
        SignatureTransferDetails[] calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external {
        bytes32 typeHash = keccak256(
            abi.encodePacked("PermitBatchTransferFrom(TokenPermissions[] permitted,", _FIELDS, ")", _PERMISSIONS_TYPE)
        );
        bytes memory fields = _fields(typeHash, _hash(permit.permitted), permit.nonce, permit.deadline);
        _transfer(permit, transferDetails, owner, keccak256(fields), signature);
    }

    /// @inheritdoc ISignatureTransfer
    function permitWitnessTransferFrom(
        PermitBatchTransferFrom memory permit,
        SignatureTransferDetails[] calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        bytes32 typeHash = keccak256(
            abi.encodePacked(
                "PermitBatchWitnessTransferFrom(TokenPermissions[] permitted,", _FIELDS, ",", witnessTypeString
            )
        );
        bytes memory fields = _fields(typeHash, _hash(permit.permitted), permit.nonce, permit.deadline);
        _transfer(permit, transferDetails, owner, keccak256(abi.encodePacked(fields, witness)), signature);
    }

    /// @inheritdoc ISignatureTransfer
    function invalidateUnorderedNonces(uint256 wordPos, uint256 mask) external {
        nonceBitmap[msg.sender][wordPos] |= mask;
        emit UnorderedNonceInvalidation(msg.sender, wordPos, mask);
    }

    function _transfer(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata details,
        address owner,
        bytes32 structHash,
        bytes calldata signature
    ) private {
        require(block.timestamp <= permit.deadline, SignatureExpired(permit.deadline));
        require(details.requestedAmount <= permit.permitted.amount, InvalidAmount(permit.permitted.amount));
        _spend(owner, permit.nonce);
        _verify(signature, structHash, owner);
        _pull(permit.permitted.token, owner, details.to, details.requestedAmount);
    }

    function _transfer(
        PermitBatchTransferFrom memory permit,
        SignatureTransferDetails[] calldata details,
        address owner,
        bytes32 structHash,
        bytes calldata signature
    ) private {
        require(block.timestamp <= permit.deadline, SignatureExpired(permit.deadline));
        require(permit.permitted.length == details.length, LengthMismatch());
        _spend(owner, permit.nonce);
        _verify(signature, structHash, owner);
        for (uint256 i = 0; i < details.length; ++i) {
            TokenPermissions memory permitted = permit.permitted[i];
            require(details[i].requestedAmount <= permitted.amount, InvalidAmount(permitted.amount));
            // Nothing asked for is allowed: a batch may use only some of its permissions.
            if (details[i].requestedAmount != 0) {
                _pull(permitted.token, owner, details[i].to, details[i].requestedAmount);
            }
        }
    }

    /// @dev The upper 248 bits of a nonce name a word, the lower 8 a bit in it.
    function _spend(address owner, uint256 nonce) private {
        // The linter takes the constant for the number of places; it is what is moved.
        // forge-lint: disable-next-line(incorrect-shift)
        uint256 bit = 1 << (nonce & 0xff);
        uint256 before = nonceBitmap[owner][nonce >> 8];
        require(before & bit == 0, InvalidNonce());
        nonceBitmap[owner][nonce >> 8] = before | bit;
    }

    function _fields(bytes32 typeHash, bytes32 permitted, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes memory)
    {
        return abi.encode(typeHash, permitted, msg.sender, nonce, deadline);
    }

    function _hash(TokenPermissions memory permitted) private pure returns (bytes32) {
        return keccak256(abi.encode(_PERMISSIONS_TYPEHASH, permitted));
    }

    function _hash(TokenPermissions[] memory permitted) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](permitted.length);
        for (uint256 i = 0; i < permitted.length; ++i) {
            hashes[i] = _hash(permitted[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
